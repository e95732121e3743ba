// Package guide is the page of the interface for programs: its operations by resource, with what
// each takes and a command that asks for it. It is made of the OpenAPI document, once, so that it
// says nothing that the document does not, and holds nothing of any database. It loads its own
// style sheet, and no script.
package guide
