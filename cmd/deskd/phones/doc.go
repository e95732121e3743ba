// Package phones has the verbs about the phones themselves: flags in, print out. What a
// phone shows and takes is in package phone.
//
//	service.go  phone service
//	error.go    explain phone-error
//	check.go    check phones
//
// None of them asks a phone or writes to the database.
package phones
