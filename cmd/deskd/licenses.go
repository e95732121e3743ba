package main

import _ "embed"

// thirdParties are the licences and notices of everything that is linked into
// deskd: the modules of go.mod that it uses, and Go itself. They are part of the
// program because most of them have to go with it; make licenses writes the file.
//
//go:embed licenses.txt
var thirdParties string
