"""The intermediate representation: SSA, block parameters, explicit error edges and reference counts."""
