package emapi

import (
	"strings"
	"testing"
)

type hostile struct {
	body string
	ok   bool // it is merely long
}

// hostileReplies are replies of the greatest size read, each of a shape that
// costs a careless reader quadratic time or its stack.
func hostileReplies() map[string]hostile {
	const room = maxReply - 200
	fill := func(before, piece, after string) string {
		n := (room - len(before) - len(after)) / len(piece)
		return "<response>" + before + strings.Repeat(piece, n) + after + "</response>"
	}
	return map[string]hostile{
		"nested elements":       {fill("", "<a>", ""), false},
		"nested entries":        {fill("", "<device>", ""), false},
		"attributes":            {fill("<a", " b='1'", "/>"), false},
		"an unended reference":  {fill("", "&aaaaaaa", ""), false},
		"a long reference":      {fill("&", "a", ";"), false},
		"a long number":         {fill("&#", "0", "65;"), true},
		"references":            {fill("<a>", "&lt;", "</a>"), true},
		"text in pieces":        {fill("<device><userID>", "a<!---->", "</userID></device>"), true},
		"sections":              {fill("<a>", "<![CDATA[]]>", "</a>"), true},
		"an unended comment":    {fill("", "<!-- ", ""), false},
		"unended instructions":  {fill("", "<?p ", ""), false},
		"carriage returns":      {fill("<a>", "\r", "</a>"), true},
		"brackets":              {fill("<a>", "]", "</a>"), true},
		"a long name":           {fill("<", "a", "/>"), true},
		"a long value":          {fill("<device name='", "a", "'/>"), true},
		"devices":               {fill("<r>", "<device name='a'><none/></device>", "</r>"), true},
		"empty elements":        {fill("", "<a/>", ""), true},
		"failures":              {fill("", "<failure/>", ""), true},
		"profiles of one":       {fill("<user id='a'>", "<deviceProfileName>a</deviceProfileName>", "</user>"), true},
		"blanks":                {fill("", " ", ""), true},
		"high bytes":            {fill("<a>", "\xff", "</a>"), true},
		"colons":                {fill("<a:", "b", ":c/>"), false},
		"ends without begin":    {fill("", "</a>", ""), false},
		"a declaration unended": {"<?xml " + strings.Repeat("encoding='", room/10), false},
	}
}

func TestHostileReplies(t *testing.T) {
	for name, hostile := range hostileReplies() {
		t.Run(name, func(t *testing.T) {
			if _, err := readReply(strings.NewReader(hostile.body)); (err == nil) != hostile.ok {
				t.Errorf("error is %v, expected none: %v", err, hostile.ok)
			} else if err != nil && len(err.Error()) > 2000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}
