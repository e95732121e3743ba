package audit

import (
	"strings"
	"testing"
)

// A proof is of the key, of what it proves, and of each part.
func TestSigner(t *testing.T) {
	a, b := NewSigner(), NewSigner()
	proof := a.Sign("pause", "main", "cli:jane")
	for name, c := range map[string]struct {
		by    Signer
		proof string
		what  string
		parts []string
		want  bool
	}{
		"as it was made":   {a, proof, "pause", []string{"main", "cli:jane"}, true},
		"without a key":    {Signer{}, "", "pause", []string{"main"}, true},
		"another key":      {b, proof, "pause", []string{"main", "cli:jane"}, false},
		"another thing":    {a, proof, "answer", []string{"main", "cli:jane"}, false},
		"another part":     {a, proof, "pause", []string{"main", "cli:max"}, false},
		"one part less":    {a, proof, "pause", []string{"main"}, false},
		"parts run on":     {a, proof, "pause", []string{"mainc", "li:jane"}, false},
		"parts put as one": {a, proof, "pause", []string{"maincli:jane"}, false},
		"no proof":         {a, "", "pause", []string{"main", "cli:jane"}, false},
		"the sign of none": {a, "none", "pause", []string{"main", "cli:jane"}, false},
		"a part of it":     {a, proof[:len(proof)-1], "pause", []string{"main", "cli:jane"}, false},
	} {
		if got := c.by.Proves(c.proof, c.what, c.parts...); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for proof, want := range map[string]bool{
		b.Sign("x"): true, a.Sign("x"): false, "": false, "none": false, "x": false, "00000000:x": false, "x:" + strings.Repeat("0", 64): false,
	} {
		if got := a.former(proof); got != want {
			t.Errorf("former %q: %v", proof, got)
		}
	}
}
