// Package schema reads the documents that are sent to a phone, as strictly as
// the strictest phone does.
//
// It owns what is well-formed and which element stands where, how often and how
// long; it shares no code with the encoder, so that each is a check of the other.
// It does not know what an object means. Source: CiscoIPPhone.xsd 3.3.4.
package schema

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Element is an element of a document.
type Element struct {
	Name string
	// Attributes are in the order of the document.
	Attributes []xml.Attr
	// Text is what stands in it outside of elements, as it is written.
	Text     string
	Children []Element
}

// Child returns the first child of that name, or an empty element.
func (e Element) Child(name string) Element {
	for _, c := range e.Children {
		if c.Name == name {
			return c
		}
	}
	return Element{}
}

// All returns the children of that name.
func (e Element) All(name string) []Element {
	var all []Element
	for _, c := range e.Children {
		if c.Name == name {
			all = append(all, c)
		}
	}
	return all
}

// Attribute returns the value of the attribute of that name, or "".
func (e Element) Attribute(name string) string {
	for _, a := range e.Attributes {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

var (
	declared = regexp.MustCompile(`^<\?xml version="1\.0" encoding="([A-Za-z0-9-]+)" ?\?>`)
	entities = regexp.MustCompile(`&[^;]{0,10};?`)
)

// Parse reads a document. It has to declare its charset, UTF-8 or ISO-8859-1, to
// be in it, and to use no entity but the five that have a name.
func Parse(document []byte) (Element, error) {
	m := declared.FindSubmatch(document)
	if m == nil {
		return Element{}, errors.New("the document does not declare its charset")
	}
	text := string(document)
	switch strings.ToLower(string(m[1])) {
	case "utf-8":
		if !utf8.Valid(document) {
			return Element{}, errors.New("the document is not in UTF-8")
		}
	case "iso-8859-1":
		text = fromLatin1(document)
	default:
		return Element{}, fmt.Errorf("unknown charset %q", m[1])
	}
	for _, e := range entities.FindAllString(text, -1) {
		switch e {
		case "&amp;", "&lt;", "&gt;", "&quot;", "&apos;":
		default:
			return Element{}, fmt.Errorf("entity %q is none of the five", e)
		}
	}
	return tree(text)
}

func fromLatin1(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}

// tree reads the one element of a document.
func tree(text string) (Element, error) {
	d := xml.NewDecoder(bytes.NewReader([]byte(text)))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	open := []Element{{}} // the document, and the elements that have begun
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Element{}, err
		}
		last := len(open) - 1
		switch t := token.(type) {
		case xml.StartElement:
			open = append(open, Element{Name: t.Name.Local, Attributes: t.Copy().Attr})
		case xml.EndElement:
			open[last-1].Children = append(open[last-1].Children, open[last])
			open = open[:last]
		case xml.CharData:
			open[last].Text += string(t)
		}
	}
	if len(open) != 1 || len(open[0].Children) != 1 {
		return Element{}, errors.New("the document has not one element")
	}
	return open[0].Children[0], nil
}
