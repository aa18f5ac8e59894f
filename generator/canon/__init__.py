"""What a canon demands of a service: read, held against its facts, told."""
