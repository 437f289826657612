"""Two web servers, two workers, a PostgreSQL primary with a streaming replica; and the primary falls."""
