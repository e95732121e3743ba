package phone

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Device is what a phone says of itself on its page /DeviceInformationX.
type Device struct {
	// Name is the phone's name in the cluster, such as SEP001122334455.
	Name string
	// MAC, Model and Load are "" if the page does not have them.
	MAC, Model, Load string
}

// DecodeDevice reads the page /DeviceInformationX. A phone that does not say its name is
// called by its MAC address; a page with neither is [ErrMalformed].
func DecodeDevice(body []byte) (Device, error) {
	page, err := decodePage(body, "DeviceInformation")
	if err != nil {
		return Device{}, err
	}
	d := Device{Name: page["hostname"], MAC: page["macaddress"], Model: page["modelnumber"], Load: page["apploadid"]}
	if d.Name == "" && d.MAC != "" {
		d.Name = "SEP" + strings.ToUpper(strings.NewReplacer(":", "", "-", "", ".", "").Replace(d.MAC))
	}
	if d.Name == "" {
		return Device{}, fmt.Errorf("%w: the page has no HostName and no MACAddress", ErrMalformed)
	}
	return d, nil
}

// DecodeStreaming reads the page /StreamingStatisticsX, and reports whether a stream is
// active: whether someone is on the phone. A status that it does not know is
// [ErrMalformed], never an idle phone.
//
// The book names the page and the element, and lists no words. All of these are
// inferred: Active is a stream; Not Ready, Not Active, Inactive, Idle and Stopped are
// none.
func DecodeStreaming(body []byte) (active bool, err error) {
	page, err := decodePage(body, "StreamingStatistics")
	if err != nil {
		return false, err
	}
	switch status := strings.ToLower(page["streamstatus"]); status {
	case "active":
		return true, nil
	case "not ready", "not active", "inactive", "idle", "stopped":
		return false, nil
	default:
		return false, fmt.Errorf("%w: StreamStatus is %q", ErrMalformed, status)
	}
}

// decodePage reads the elements of a page's root as texts, by their names in lower case.
// Of several with one name the first counts.
func decodePage(body []byte, root string) (map[string]string, error) {
	if len(body) > MaxAnswer {
		return nil, fmt.Errorf("%w: has %d bytes, more than %d", ErrMalformed, len(body), MaxAnswer)
	}
	d := xml.NewDecoder(bytes.NewReader(asUTF8(trim(body))))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // asUTF8 has seen to it
	top, err := start(d)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !strings.EqualFold(top, root) {
		return nil, fmt.Errorf("%w: the root is %q", ErrMalformed, top)
	}
	page := make(map[string]string)
	for path := []string{top}; len(path) > 0; {
		token, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			path = append(path, strings.ToLower(t.Name.Local))
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if text := strings.TrimSpace(string(t)); len(path) == 2 && text != "" && page[path[1]] == "" {
				page[path[1]] = text
			}
		}
	}
	return page, nil
}

// start returns the name of the root element.
func start(d *xml.Decoder) (string, error) {
	for {
		token, err := d.Token()
		if err != nil {
			return "", err
		}
		if root, isStart := token.(xml.StartElement); isStart {
			return root.Name.Local, nil
		}
	}
}

// trim takes the padding off an answer.
func trim(body []byte) []byte { return bytes.Trim(body, "\x00 \t\r\n\ufeff") }
