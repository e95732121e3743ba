package phone_test

import (
	"errors"
	"fmt"

	"deskd/phone"
)

// A menu for a phone of the 7900 series, whose reader sees what did not fit.
func ExampleEncode() {
	doc, err := phone.Encode(phone.Menu{
		Head: phone.Head{
			Title:    "Desk 12",
			Prompt:   "Free until 13:00",
			SoftKeys: []phone.SoftKeyItem{{Name: "Select", URL: "SoftKey:Select"}, {Name: "Exit", URL: "SoftKey:Exit"}},
		},
		Items: []phone.MenuItem{
			{Name: "Check in – Łukasz", URL: "http://deskd.example/in?token=1&desk=12"},
			{Name: "End now", URL: ""},
		},
	}, phone.Negotiate("iso-8859-1"))
	fmt.Print(doc.ContentType(), "\n", string(doc.Body))
	fmt.Println(doc.Cuts, err)
	// Output:
	// text/xml; charset=ISO-8859-1
	// <?xml version="1.0" encoding="iso-8859-1"?>
	// <CiscoIPPhoneMenu>
	// <Title>Desk 12</Title>
	// <Prompt>Free until 13:00</Prompt>
	// <SoftKeyItem><Name>Select</Name><Position>1</Position><URL>SoftKey:Select</URL></SoftKeyItem>
	// <SoftKeyItem><Name>Exit</Name><Position>2</Position><URL>SoftKey:Exit</URL></SoftKeyItem>
	// <MenuItem><Name>Check in - Lukasz</Name><URL>http://deskd.example/in?token=1&amp;desk=12</URL></MenuItem>
	// </CiscoIPPhoneMenu>
	// [MenuItem[2]: no address that fits, 0 of 1 kept] <nil>
}

// An answer is a response or an error of the phone's.
func ExampleDecodeAnswer() {
	for _, body := range []string{
		`<CiscoIPPhoneResponse><ResponseItem Status="0" Data="Success" URL="Init:CallHistory"/></CiscoIPPhoneResponse>`,
		`<CiscoIPPhoneError Number="4"/>`,
	} {
		r, err := phone.DecodeAnswer([]byte(body))
		var refused *phone.Error
		if errors.As(err, &refused) && refused.Number == phone.ErrorAuthentication {
			fmt.Println("check the user's controlled devices")
			continue
		}
		fmt.Println(r.Items[0].URL, r.Items[0].Data)
	}
	// Output:
	// Init:CallHistory Success
	// check the user's controlled devices
}
