// Package dtd checks requests against the document type of the Extension Mobility
// service: [Parse] reads one element, and [Node.Validate] says what is wrong with it.
package dtd
