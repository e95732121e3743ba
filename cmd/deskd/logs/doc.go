// Package logs makes the log that the configuration asks for, and keeps a reader of it that
// hangs from holding the daemon: what there is no room for is dropped, counted, and said.
package logs
