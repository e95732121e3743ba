// Package phone speaks to Cisco IP phones: it encodes the XML objects that a
// phone shows or carries out, and decodes what it answers.
//
// It owns the documents: elements in the order of the schema, limits, escaping
// and charsets. It knows neither HTTP nor models: package uri builds the
// internal URIs, package model says which phone takes what, package push sends
// an [Execute] to a phone. Its invariant: what [Encode] returns is valid, for
// any input, and says what it had to leave out.
//
// The sources are the Cisco Unified IP Phone Services Application Development
// Notes 5.0(2), today's edition of them where it says more, and CiscoIPPhone.xsd
// 3.3.4. Limits are counted in characters (runes), as the schema does.
//
// # Objects
//
// A server sends thirteen, each a struct with a Kind:
//
//	Text             a page of text
//	Menu             a list to choose from
//	Input            a form
//	Directory        numbers to dial
//	Image            a picture of four greys         ImageFile        a PNG
//	GraphicMenu      a picture, chosen by digit      GraphicFileMenu  a PNG, chosen by touch
//	IconMenu         a list with icons               IconFileMenu     a list with PNG icons
//	Status           a line above the calls          StatusFile       the same with a PNG
//	Execute          URIs to carry out, shown to nobody
//
// Text, Menu, Input and Execute are those that every phone of package model
// takes. Those that are shown begin with a [Head]; Status and StatusFile have none.
//
//	doc, err := phone.Encode(phone.Menu{
//		Head:  phone.Head{Title: "Desk 12", Prompt: "Free until 13:00"},
//		Items: []phone.MenuItem{{Name: "Check in", URL: "http://deskd/in"}},
//	}, phone.Negotiate(r.Header.Get("Accept-Charset")))
//
// A phone answers an Execute with a [Response] or an [Error]: see [DecodeAnswer].
//
// # What does not fit
//
// Text that a person reads is cut at its limit. What would mean something else
// if it were shorter (an address, a telephone number) is left out together
// with its item. Both are in [Document.Cuts]. Where nothing sensible is left,
// as with an Input that has no URL or an Execute of four items, Encode returns
// an [InvalidError] and no document.
//
// # Serving an object
//
// Send [Document.ContentType], a Content-Length and status 200, also for an
// error that a person should read: of any other status a phone shows a number
// at most. Do not compress, redirect or send chunks. A page that Back should
// skip has an Expires date that is past but after 1970.
package phone
