"""HL7 FHIR R4, UK Core."""
