// Package nodes keeps which daemons serve a database and which of them does what: the duties
// that one node has at a time. Rows are for people and for the pages of other nodes; who has a
// duty is decided by [dialect.Duties], not by them. It imports dialect and tables.
package nodes
