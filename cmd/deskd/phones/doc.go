// Package phones has the verbs about the phones themselves: flags in, print out. What a
// phone shows and takes is in package phone.
//
//	service.go  phone service
//	error.go    explain phone-error
//
// None of them asks a phone or opens the database.
package phones
