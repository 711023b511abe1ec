"""The ACA-Py plugin: did:webvh for AnonCreds objects and DIDs, read from the mirror."""
