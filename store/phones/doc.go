// Package phones keeps where phones are and how their clusters have set them up, as imports,
// clusters and the phones themselves tell it.
//
// News comes from several sources, late, twice and in parts, so that each of three facts has
// an instant of its own: the address, whether the phone is registered, and how it is set up.
// A fact gives way only to one that is no older. No two phones have one address: it goes to
// the one that was there last, and where two were there at the same instant, to neither, for
// a caller from it is taken for that phone.
//
// It imports audit, dialect and tables.
package phones
