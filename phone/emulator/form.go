package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"deskd/phone"
)

// Fill enters a value in the field of a form whose parameter is given, as far as the
// field takes its characters.
func (p *Phone) Fill(param, value string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.touched()
	s := p.top()
	if s == nil {
		return errors.New("no form is shown")
	}
	for _, item := range s.root.All("InputItem") {
		if item.Child("QueryStringParam").Text != param {
			continue
		}
		if flags := item.Child("InputFlags").Text; !enterable(flags, value) {
			return fmt.Errorf("the field takes %s, not %q", flags, value)
		}
		s.entered[param], s.last = value, param
		return nil
	}
	return fmt.Errorf("there is no field %q", param)
}

// erase takes back the last character that was entered.
func (p *Phone) erase() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.top(); s != nil && s.entered[s.last] != "" {
		entered := []rune(s.entered[s.last])
		s.entered[s.last] = string(entered[:len(entered)-1])
	}
}

// enterable reports whether a field with these flags takes a value.
func enterable(flags, value string) bool {
	for _, r := range value {
		fits := true
		switch strings.Trim(flags, "P") {
		case "A":
			fits = r < unicode.MaxASCII && unicode.IsPrint(r)
		case "T":
			fits = strings.ContainsRune("0123456789*#", r)
		case "N":
			fits = r >= '0' && r <= '9'
		case "E":
			fits = strings.ContainsRune("0123456789+-*/=().,", r)
		case "U":
			fits = r >= 'A' && r <= 'Z'
		case "L":
			fits = r >= 'a' && r <= 'z'
		}
		if !fits {
			return false
		}
	}
	return true
}

// Submit sends a form.
func (p *Phone) Submit(ctx context.Context) error {
	p.mu.Lock()
	s := p.top()
	if s == nil || s.root.Name != string(phone.KindInput) {
		p.mu.Unlock()
		return errors.New("no form is shown")
	}
	address := s.root.Child("URL").Text
	for _, item := range s.root.All("InputItem") {
		param := item.Child("QueryStringParam").Text
		address = withQuery(address, param+"="+url.QueryEscape(s.entered[param]))
	}
	p.mu.Unlock()
	p.Open(ctx, address)
	return nil
}
