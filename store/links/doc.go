// Package links keeps a link that a phone shows from acting twice, and what was done, or
// tried, with such links in the audit.
//
// A link is sealed with the key by which deskd proves its own writing: any node of a
// database can tell one that deskd has made, also after a restart, and nothing has to be
// written to show one. What is written is that a link was followed, by its number, before
// it acts: of several nodes that are asked at once, the database lets one go on. It knows
// nothing of what a link does. It imports dialect, audit and no noun.
package links
