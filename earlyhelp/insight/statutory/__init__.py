"""Lists that others define: Ofsted's Annex A and the Standard Safeguarding Dataset. Reads, never writes."""
