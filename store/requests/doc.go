// Package requests is how verbs of the command line ask something of the daemon, and get
// its answer: by a row each, which lasts for a day. It imports audit, dialect and tables.
package requests
