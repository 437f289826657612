"""How names are kept for comparing: written and searched in the same form."""

import unicodedata


def search_name(given_name: str, family_name: str) -> str:
    """Names as they are compared: lower case, without accents, hyphens or apostrophes."""
    plain = unicodedata.normalize("NFKD", f"{given_name} {family_name}".casefold())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    kept = kept.replace("'", "").replace("’", "").replace("-", " ")
    return " ".join(kept.split())[:200]
