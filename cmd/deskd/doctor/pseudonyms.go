package doctor

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"

	"deskd/reservations"
)

// pseudonyms replaces people by names that mean something within one bundle
// only: its key is thrown away. The same person is the same pseudonym in all
// files.
type pseudonyms struct {
	key   []byte
	known map[string]string // a word of an id, name, address or profile → the person's id
}

func newPseudonyms() *pseudonyms {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return &pseudonyms{key, make(map[string]string)}
}

// meet adds a person who may be spoken of in any text, by one of the words they
// are called. Words of ids win over those of names.
func (p *pseudonyms) meet(id string, calledToo ...string) {
	for _, text := range append([]string{id}, calledToo...) {
		for _, w := range personWord.FindAllString(text, -1) {
			w = strings.ToLower(strings.Trim(w, edges))
			if _, taken := p.known[w]; len(w) > 1 && (!taken || text == id) {
				p.known[w] = id
			}
		}
	}
}

func (p *pseudonyms) of(person string) string {
	h := hmac.New(sha256.New, p.key)
	h.Write([]byte(reservations.PersonKey(person)))
	return "person-" + hex.EncodeToString(h.Sum(nil)[:5])
}

// personWord is what user ids and mail addresses are made of, less blanks; a
// word of a text may end in more of it than belongs to it.
var personWord = regexp.MustCompile(`[\p{L}\p{M}\p{N}._@+'&-]+`)

const edges = ".'&-+"

// text replaces everybody p has met, and every mail address whose ever.
func (p *pseudonyms) text(text string) string {
	return personWord.ReplaceAllStringFunc(text, func(found string) string {
		w := strings.Trim(found, edges)
		if _, whole := p.known[strings.ToLower(w)]; !whole { // o'neal's is no word of a name, o'neal is
			w = strings.TrimSuffix(w, "'s")
		}
		if w == "" {
			return found
		}
		id, known := p.known[strings.ToLower(w)]
		switch {
		case known:
			return strings.Replace(found, w, p.of(id), 1)
		case strings.Contains(w, "@"):
			return strings.Replace(found, w, p.of(w), 1)
		}
		return found
	})
}

// serverPath is an address with its path. What follows the host may be a calendar's password,
// also where it looks like none.
var serverPath = regexp.MustCompile(`(https?://[^/\s"]+/)[^\s"]*?([:,;.]?(?:[\s"]|$))`)

// hide returns v as a JSON tree without the paths of addresses and without
// people: of those of the keys "person" and "owner", whether p has met them or not. A nil p
// hides no people.
func (p *pseudonyms) hide(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	return p.tree(tree), nil
}

func (p *pseudonyms) tree(v any) any {
	switch v := v.(type) {
	case string:
		v = serverPath.ReplaceAllString(v, "$1***$2")
		if p != nil {
			v = p.text(v)
		}
		return v
	case []any:
		for i := range v {
			v[i] = p.tree(v[i])
		}
	case map[string]any:
		for key, of := range v {
			v[key] = p.tree(of)
			if who, is := of.(string); is && p != nil && who != "" && (strings.EqualFold(key, "person") || strings.EqualFold(key, "owner")) {
				v[key] = p.of(who)
			}
		}
	}
	return v
}
