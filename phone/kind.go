package phone

// Kind is the name of an object, which is that of its root element.
type Kind string

// The fifteen objects of the Application Development Notes: thirteen that a
// server sends, and two that a phone answers with.
const (
	KindMenu            Kind = "CiscoIPPhoneMenu"
	KindText            Kind = "CiscoIPPhoneText"
	KindInput           Kind = "CiscoIPPhoneInput"
	KindDirectory       Kind = "CiscoIPPhoneDirectory"
	KindImage           Kind = "CiscoIPPhoneImage"
	KindImageFile       Kind = "CiscoIPPhoneImageFile"
	KindGraphicMenu     Kind = "CiscoIPPhoneGraphicMenu"
	KindGraphicFileMenu Kind = "CiscoIPPhoneGraphicFileMenu"
	KindIconMenu        Kind = "CiscoIPPhoneIconMenu"
	KindIconFileMenu    Kind = "CiscoIPPhoneIconFileMenu"
	KindStatus          Kind = "CiscoIPPhoneStatus"
	KindStatusFile      Kind = "CiscoIPPhoneStatusFile"
	KindExecute         Kind = "CiscoIPPhoneExecute"
	KindResponse        Kind = "CiscoIPPhoneResponse"
	KindError           Kind = "CiscoIPPhoneError"
)

// Kinds are all objects, in the order of the book.
func Kinds() []Kind {
	return []Kind{
		KindMenu, KindText, KindInput, KindDirectory, KindImage, KindImageFile,
		KindGraphicMenu, KindGraphicFileMenu, KindIconMenu, KindIconFileMenu,
		KindStatus, KindStatusFile, KindExecute, KindResponse, KindError,
	}
}

// Limits of CiscoIPPhone.xsd 3.3.4, in characters or items.
const (
	MaxTitle          = 32
	MaxPrompt         = 32
	MaxSoftKeys       = 8
	MaxKeys           = 32
	MaxURL            = 256
	MaxText           = 4000
	MaxMenuItems      = 100
	MaxMenuName       = 64
	MaxInputItems     = 5
	MaxDirectory      = 32
	MaxGraphicItems   = 12
	MaxTouchItems     = 32
	MaxIconItems      = 32
	MaxIcons          = 10
	MaxExecuteItems   = 3
	MaxName           = 32 // of a softkey, an entry of a directory, an input, a touch area, a status
	MaxAppID          = 64
	menuNameLineFeeds = 2 // a name may cover three lines
)

// Object is what a server sends to a phone. Its thirteen implementations are
// in this package; see [Encode].
type Object interface {
	Kind() Kind
	encode(w *writer)
}
