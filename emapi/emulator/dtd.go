package emulator

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// dtd is the service's document type in its own notation: each element's
// children in order; "?" none or one, "+" one or more, "|" one of. An element
// without children holds text (Developers Guide, ch. 6).
var dtd = map[string]string{
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

// node is an element with the text directly in it.
type node struct {
	name string
	text []byte
	kids []node
}

func (n node) trimmed() string { return string(bytes.TrimSpace(n.text)) }

func (n node) has(name string) bool {
	return slices.ContainsFunc(n.kids, func(k node) bool { return k.name == name })
}

// validate holds n against the DTD.
func (n node) validate() error {
	model, inner := dtd[n.name]
	if !inner {
		if len(n.kids) > 0 {
			return fmt.Errorf("element %q has children", n.name)
		}
		return nil
	}
	if n.trimmed() != "" {
		return fmt.Errorf("element %q has text", n.name)
	}
	rest := n.kids
	for _, part := range strings.Fields(model) {
		names := strings.Split(strings.TrimRight(part, "?+"), "|")
		count := 0
		for len(rest) > 0 && slices.Contains(names, rest[0].name) && (count == 0 || strings.HasSuffix(part, "+")) {
			if err := rest[0].validate(); err != nil {
				return err
			}
			rest = rest[1:]
			count++
		}
		if count == 0 && !strings.HasSuffix(part, "?") {
			return fmt.Errorf("element %q lacks %s", n.name, part)
		}
	}
	if len(rest) > 0 {
		return fmt.Errorf("element %q may not hold %q there", n.name, rest[0].name)
	}
	return nil
}

// maxDepth is one more than the DTD needs.
const maxDepth = 5

// parseTree reads text as one element. The servlet puts declaration and DOCTYPE
// before it, so that a second one is an error, as on a real server.
func parseTree(text string) (node, error) {
	dec := xml.NewDecoder(strings.NewReader(text))
	open := []node{{}} // the first stands for the document
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return node{}, err
		}
		top := &open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if len(t.Attr) > 0 || t.Name.Space != "" {
				return node{}, fmt.Errorf("element %q has attributes or a prefix", t.Name.Local)
			}
			open = append(open, node{name: t.Name.Local})
		case xml.EndElement:
			open = open[:len(open)-1]
			parent := &open[len(open)-1]
			parent.kids = append(parent.kids, *top)
		case xml.CharData:
			top.text = append(top.text, t...)
		case xml.Directive, xml.ProcInst:
			return node{}, errors.New("declaration or DOCTYPE inside the message")
		}
		if len(open) > maxDepth+1 {
			return node{}, errors.New("elements nested too deep")
		}
	}
	document := open[0]
	if len(document.kids) != 1 || document.trimmed() != "" {
		return node{}, fmt.Errorf("%d root elements", len(document.kids))
	}
	return document.kids[0], nil
}
