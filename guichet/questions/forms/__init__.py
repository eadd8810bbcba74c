"""Forms of the builder, and the form that applicants fill."""
