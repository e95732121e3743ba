package phone

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"time"

	"deskd/phone"
)

// A link that acts carries a token:
//
//	expires 4 bytes | number 6 bytes | about 6 bytes | seal 16 bytes
//
// The seal is made with the key of the database, over the three before it, the phone, its
// address, the action and its argument: none of them can be another one. About is a digest of
// the booking and of who was logged in when the page was shown: a link about what has changed
// since is out of date.
const (
	expiresLong, numberLong, aboutLong, sealLong = 4, 6, 6, 16
	payloadLong                                  = expiresLong + numberLong + aboutLong
)

// lives is for how long a link acts: a person decides in a minute, and a page that was left
// open is another person's.
const lives = 3 * time.Minute

// act is what a link does.
type act struct {
	do  string // one of the actions
	arg string // "" for none
}

var (
	errForged = errors.New("the link was not made for this phone, at this address, to do that")
	errStale  = errors.New("the link is out of date")
)

// token seals an act of this phone, "" where nothing can be sealed.
func (v *visit) token(a act) string {
	payload := make([]byte, payloadLong, payloadLong+sealLong)
	binary.BigEndian.PutUint32(payload, uint32(v.now.Add(lives).Unix())) //nolint:gosec // until 2106
	rand.Read(payload[expiresLong : expiresLong+numberLong])             // never fails
	copy(payload[expiresLong+numberLong:], digest(v.about()))
	seal := v.seal(payload, a)
	if seal == nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(payload, seal...))
}

// seal is nil where nothing can be sealed.
func (v *visit) seal(payload []byte, a act) []byte {
	sealed := v.Links.Seal(string(payload), v.desk.Desk.Device, v.from.String(), a.do, a.arg)
	if sealed == "" {
		return nil
	}
	return digest(sealed)[:sealLong]
}

func digest(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// open is the number of the link that a token is of, if it was made for that act and counts
// still. The errors are errForged and errStale.
func (v *visit) open(token string, a act) (number string, err error) {
	all, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(all) != payloadLong+sealLong {
		return "", errForged
	}
	payload := all[:payloadLong]
	seal := v.seal(payload, a)
	if seal == nil || !hmac.Equal(seal, all[payloadLong:]) {
		return "", errForged
	}
	expires := time.Unix(int64(binary.BigEndian.Uint32(payload)), 0)
	if !v.now.Before(expires) || !v.now.After(expires.Add(-2*lives)) || string(payload[expiresLong+numberLong:]) != string(digest(v.about())[:aboutLong]) {
		return "", errStale
	}
	return hex.EncodeToString(payload), nil
}

// reference stands in an address for the id of a desk or a person, which may be longer than an
// address that a phone follows: a Cyrillic letter takes six characters of it.
func reference(id string) string { return base64.RawURLEncoding.EncodeToString(digest(id)[:6]) }

// page is the address of a page of this phone, with what it asks beside its name. It is ""
// where a phone could not follow it.
func (v *visit) page(name string, with ...string) string {
	values := []string{"name", v.desk.Desk.Device}
	if name != "" {
		values = append(values, "p", name)
	}
	return v.address(append(values, with...))
}

// link is the address that does a.
func (v *visit) link(a act) string {
	token := v.token(a)
	if token == "" {
		return ""
	}
	values := []string{"name", v.desk.Desk.Device, "do", a.do}
	if a.arg != "" {
		values = append(values, "a", a.arg)
	}
	return v.address(append(values, "t", token))
}

// address is that of a page with a query, in its order.
func (v *visit) address(values []string) string {
	var b strings.Builder
	b.WriteString(v.base + Path)
	for i := 0; i+1 < len(values); i += 2 {
		sign := "&"
		if i == 0 {
			sign = "?"
		}
		b.WriteString(sign + values[i] + "=" + url.QueryEscape(values[i+1]))
	}
	s := b.String()
	if len(s) > phone.MaxURL || len(s)-strings.LastIndexByte(s, '/')-1 > phone.MaxFilename {
		v.Log.Warn("page of a phone has an address that is too long for it", "phone", v.desk.Desk.Device, "url", s, "length", len(s))
		return ""
	}
	return s
}
