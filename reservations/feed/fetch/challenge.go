package fetch

import (
	"net/http"
	"slices"
	"strings"
)

// challenge is a way to prove who one is, as a server offers it (RFC 9110
// 11.6.1): a scheme and its parameters, both in lower case but for the values.
type challenge struct {
	scheme string
	params map[string]string
}

// challengesOf reads what a server asks for in an answer 401, in its order. What
// cannot be read is left out.
func challengesOf(h http.Header) []challenge {
	var all []challenge
	for _, text := range h.Values("WWW-Authenticate") {
		all = append(all, parseChallenges(text)...)
	}
	return all
}

// parseChallenges reads a list like
//
//	Basic realm="a, b", Negotiate, Digest realm="c", nonce="d", stale=true
//
// where a word that is followed by = is a parameter, and any other a scheme.
func parseChallenges(text string) []challenge {
	var all []challenge
	for {
		text = strings.TrimLeft(text, " \t,")
		word, rest := cutToken(text)
		if word == "" {
			return all
		}
		spaceless := strings.TrimLeft(rest, " \t")
		if value, isParam := strings.CutPrefix(spaceless, "="); isParam && len(all) > 0 {
			var v string
			v, text = cutValue(strings.TrimLeft(value, " \t"))
			all[len(all)-1].params[strings.ToLower(word)] = v
			continue
		}
		all = append(all, challenge{strings.ToLower(word), make(map[string]string)})
		text = cutToken68(spaceless)
	}
}

// cutToken68 leaves out the single word that some schemes have in the place of
// parameters: it ends at a comma, and has no = but at its end.
func cutToken68(text string) string {
	word, rest, _ := strings.Cut(text, ",")
	word = strings.TrimSpace(word)
	if word == "" || strings.ContainsAny(strings.TrimRight(word, "="), "=\" \t") {
		return text
	}
	if _, after := cutToken(word); strings.HasPrefix(after, "=") && !strings.HasSuffix(word, "=") {
		return text
	}
	return rest
}

func cutToken(text string) (token, rest string) {
	end := strings.IndexFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
	if end < 0 {
		return text, ""
	}
	return text[:end], text[end:]
}

// cutValue takes a token or a quoted string, whose backslashes it removes.
func cutValue(text string) (value, rest string) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, ", \t")
		if end < 0 {
			return text, ""
		}
		return text[:end], text[end:]
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return b.String(), text[i+1:]
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String(), ""
}

// schemesOf names the schemes of challenges, each once.
func schemesOf(all []challenge) []string {
	var names []string
	for _, c := range all {
		if !slices.Contains(names, c.scheme) {
			names = append(names, c.scheme)
		}
	}
	return names
}
