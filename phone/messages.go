package phone

// Message is one of the nineteen messages of the troubleshooting chapter: what a
// phone shows, or answers to a push, when something is wrong.
type Message struct {
	// Text is what the phone shows, without what may follow in parentheses.
	Text string
	// Cause says what has happened, Remedy what to do.
	Cause, Remedy string
}

// The messages. The first four are those of older firmware; the last four are not
// shown but answered to a push, as [Error].
const (
	ShowsInvalidObject     = "XML Error[4]"
	ShowsUnsupportedObject = "XML Error[5]"
	ShowsUnknownHTTP       = "HTTP Error[8]"
	ShowsHTTPFailed        = "HTTP Error[10]"
	ShowsUnavailable       = "Services Unavailable"
	ShowsHostNotFound      = "Host Not Found"
	ShowsBusy              = "Server Busy!"
	ShowsConnectionFailed  = "Connection failed"
	ShowsParseError        = "XML Error [4]: Parse Error"
	ShowsTooLarge          = "Data too large!"
	ShowsNoServices        = "No services configured"
	ShowsNameTooLong       = "Filename too long!"
	ShowsNotFound          = "File Not Found"
	ShowsServerError       = "HTTP connection failed"
	ShowsUnknownError      = "Unknown Error"
	AnswersParse           = "CiscoIPPhoneError 1"
	AnswersFraming         = "CiscoIPPhoneError 2"
	AnswersInternal        = "CiscoIPPhoneError 3"
	AnswersAuthentication  = "CiscoIPPhoneError 4"
)

// Limits of what a phone fetches, beyond which it shows a message.
const (
	MaxPage     = 196608 // bytes of a document
	MaxFilename = 127    // characters of a URL after its last slash
)

// Messages are all nineteen, in the order of the constants.
func Messages() []Message {
	return []Message{
		{ShowsInvalidObject, "The page is no object that the phone can read: an element is missing, unknown or out of order.", "Check the page against the outline of the object; a menu's item needs Name and URL, a softkey a Position, a field a QueryStringParam."},
		{ShowsUnsupportedObject, "The phone's model does not take this object.", "Send Text, Menu or Input, which all take."},
		{ShowsUnknownHTTP, "The web server answered with a status that the phone does not know.", "Let the server answer 200 with a Text object, also for errors."},
		{ShowsHTTPFailed, "No connection to the web server came about, or it broke.", "Check address, port and firewall between the phone's network and the server."},
		{ShowsUnavailable, "The phone is not registered, restarts, or the cluster does not offer services to it.", "Wait for the phone to register; check the services URL in the enterprise parameters."},
		{ShowsHostNotFound, "The phone cannot resolve the name in the URL; or the URL is https, and the phone does not trust the server's certificate, or speaks no TLS that the server takes.", "Give the phone a DNS server, or enter the service with an IP address; put the certificate into the cluster's trust store, or enter the service by http for phones whose TLS is too old."},
		{ShowsBusy, "The web server answered 503, or takes no more connections.", "Wait and try again; look at the server's load."},
		{ShowsConnectionFailed, "Nothing listens at the address, or something in between blocks it.", "Check that the server runs, and the port in the service URL."},
		{ShowsParseError, "The page is not well-formed, or breaks the schema.", "Escape & < > \" ' and nothing else, keep the order of elements, declare the charset."},
		{ShowsTooLarge, "The page has more than 196,608 bytes.", "Split it into pages."},
		{ShowsNoServices, "Nobody has subscribed this phone to a service.", "Subscribe the phone, or mark the service as an enterprise subscription when it is created."},
		{ShowsNameTooLong, "The URL has more than 127 characters after its last slash.", "Shorten the URL."},
		{ShowsNotFound, "The web server answered 404.", "Check the path in the service URL."},
		{ShowsServerError, "The web server answered 500.", "Look into the server's log."},
		{ShowsUnknownError, "The phone met something that it has no message for.", "Try again; collect the phone's console log."},
		{AnswersParse, "The phone could not read the Execute that was pushed.", "Send at most three items, at most one of them a page, in at most 512 bytes."},
		{AnswersFraming, "The phone could not write its answer to a push.", "Send fewer or shorter items."},
		{AnswersInternal, "The phone had an internal file error, or was busy.", "Try again later."},
		{AnswersAuthentication, "The phone asked the cluster's authentication URL, and that did not accept the user for this phone.", "Check name and password, add the phone to the user's controlled devices, leave the authentication URL as the cluster sets it."},
	}
}
