// Package erasure removes names: all that is held of one person ([Eraser.Erase]), and
// what is over since long ([Eraser.Anonymise]). It also tells what is held
// ([Eraser.Personal]), by the same search.
//
// Who is gone can be found nowhere, all others are held as before, and the audit's
// chain stays whole. What is much goes in parts, between which others write; what is
// interrupted is called again. It imports tables, audit and dialect.
package erasure
