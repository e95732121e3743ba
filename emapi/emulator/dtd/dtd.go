package dtd

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// types is the service's document type in its own notation: each element's
// children in order; "?" none or one, "+" one or more, "|" one of. An element
// without children holds text (Developers Guide, ch. 6).
var types = map[string]string{
	"appInfo":           "appID appCertificate|appEncryptedCertificate",
	"login":             "deviceName userID deviceProfile? exclusiveDuration? remoteIPAddr? isViaHeaderSet?",
	"exclusiveDuration": "time|indefinite",
	"logout":            "deviceName remoteIPAddr? isViaHeaderSet?",
	"logoutAll":         "remoteIPAddr? isViaHeaderSet?",

	"deviceUserQuery":    "deviceName+ loginType? remoteIPAddr?",
	"userDevicesQuery":   "userID+ remoteIPAddr?",
	"checkUser":          "userID+ remoteIPAddr? isViaHeaderSet?",
	"deviceProfileQuery": "userID+ remoteIPAddr? isViaHeaderSet?",
}

// Node is an element with the text directly in it.
type Node struct {
	Name string
	text []byte
	Kids []Node
}

// Trimmed is the text of n without the blanks around it.
func (n Node) Trimmed() string { return string(bytes.TrimSpace(n.text)) }

// Has reports whether n has a child of that name.
func (n Node) Has(name string) bool {
	return slices.ContainsFunc(n.Kids, func(k Node) bool { return k.Name == name })
}

// Validate checks n against the DTD.
func (n Node) Validate() error {
	model, inner := types[n.Name]
	if !inner {
		if len(n.Kids) > 0 {
			return fmt.Errorf("element %q has children", n.Name)
		}
		return nil
	}
	if n.Trimmed() != "" {
		return fmt.Errorf("element %q has text", n.Name)
	}
	rest := n.Kids
	for _, part := range strings.Fields(model) {
		var err error
		if rest, err = n.validatePart(part, rest); err != nil {
			return err
		}
	}
	if len(rest) > 0 {
		return fmt.Errorf("element %q may not hold %q there", n.Name, rest[0].Name)
	}
	return nil
}

// validatePart takes the children from rest that a part of n's model asks for.
func (n Node) validatePart(part string, rest []Node) ([]Node, error) {
	names := strings.Split(strings.TrimRight(part, "?+"), "|")
	count := 0
	for len(rest) > 0 && slices.Contains(names, rest[0].Name) && (count == 0 || strings.HasSuffix(part, "+")) {
		if err := rest[0].Validate(); err != nil {
			return nil, err
		}
		rest = rest[1:]
		count++
	}
	if count == 0 && !strings.HasSuffix(part, "?") {
		return nil, fmt.Errorf("element %q lacks %s", n.Name, part)
	}
	return rest, nil
}

// maxDepth is one more than the DTD needs.
const maxDepth = 5

// Parse reads text as one element. The servlet puts declaration and DOCTYPE
// before it, so that a second one is an error, as on a real server.
func Parse(text string) (Node, error) {
	dec := xml.NewDecoder(strings.NewReader(text))
	open := []Node{{}} // the first stands for the document
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Node{}, err
		}
		top := &open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if len(t.Attr) > 0 || t.Name.Space != "" {
				return Node{}, fmt.Errorf("element %q has attributes or a prefix", t.Name.Local)
			}
			open = append(open, Node{Name: t.Name.Local})
		case xml.EndElement:
			open = open[:len(open)-1]
			parent := &open[len(open)-1]
			parent.Kids = append(parent.Kids, *top)
		case xml.CharData:
			top.text = append(top.text, t...)
		case xml.Directive, xml.ProcInst:
			return Node{}, errors.New("declaration or DOCTYPE inside the message")
		}
		if len(open) > maxDepth+1 {
			return Node{}, errors.New("elements nested too deep")
		}
	}
	document := open[0]
	if len(document.Kids) != 1 || document.Trimmed() != "" {
		return Node{}, fmt.Errorf("%d root elements", len(document.Kids))
	}
	return document.Kids[0], nil
}
