package certificate_test

import (
	"strings"
	"testing"
	"time"

	"deskd/configs/certificate"
	"deskd/configs/certificate/certificatetest"
)

var now = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

const days = 24 * time.Hour

// What cannot be used is told with the file that is to be looked at, and nothing of a key is repeated.
func TestPair(t *testing.T) {
	ca := certificatetest.NewAuthority(t)
	fine, other := ca.Sign(t, now, now.Add(90*days), "desks.example.com"), ca.Sign(t, now, now.Add(90*days), "other.example.com")
	leaf, authority, _ := strings.Cut(fine.Cert, "-----END CERTIFICATE-----\n")
	leaf += "-----END CERTIFICATE-----\n"
	parameters := "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
	encrypted := strings.NewReplacer("PRIVATE KEY", "ENCRYPTED PRIVATE KEY").Replace(fine.Key)
	old := strings.Replace(strings.ReplaceAll(fine.Key, "PRIVATE KEY", "RSA PRIVATE KEY"), "-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1)
	for name, c := range map[string]struct {
		certificate.Content
		inKey bool
		want  string
	}{
		"fine":                 {Content: fine},
		"without its chain":    {Content: certificate.Content{Cert: leaf, Key: fine.Key}},
		"parameters before":    {Content: certificate.Content{Cert: fine.Cert, Key: parameters + fine.Key}},
		"both in one file":     {Content: certificate.Content{Cert: fine.Key + fine.Cert, Key: fine.Key + fine.Cert}},
		"empty":                {certificate.Content{Key: fine.Key}, false, "cert.pem holds no certificate in PEM"},
		"the key in its place": {certificate.Content{Cert: fine.Key, Key: fine.Key}, false, "cert.pem holds no certificate, but PRIVATE KEY"},
		"no certificate":       {certificate.Content{Cert: strings.ReplaceAll(parameters, "EC PARAMETERS", "CERTIFICATE"), Key: fine.Key}, false, "cert.pem: certificate 1 in it cannot be read"},
		"no key":               {certificate.Content{Cert: fine.Cert, Key: fine.Cert}, true, "key.pem holds no key in PEM"},
		"a broken key":         {certificate.Content{Cert: fine.Cert, Key: strings.ReplaceAll(parameters, "EC PARAMETERS", "PRIVATE KEY")}, true, "key.pem holds a key that cannot be read"},
		"a passphrase":         {certificate.Content{Cert: fine.Cert, Key: encrypted}, true, "key.pem is protected by a passphrase"},
		"an old passphrase":    {certificate.Content{Cert: fine.Cert, Key: old}, true, "key.pem is protected by a passphrase"},
		"another's key":        {certificate.Content{Cert: fine.Cert, Key: other.Key}, true, "key.pem is not the key of the certificate in cert.pem, which is for desks.example.com"},
		"the wrong way round":  {certificate.Content{Cert: authority + leaf, Key: fine.Key}, false, "cert.pem has the certificate of key.pem in place 2"},
	} {
		pair, err := certificate.Files{Cert: "cert.pem", Key: "key.pem"}.Pair(c.Content)
		if c.want == "" {
			if err != nil || pair.Leaf.DNSNames[0] != "desks.example.com" || len(pair.Certificate) == 0 {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		fault, ok := err.(*certificate.Fault) //nolint:errorlint // it is never wrapped
		if !ok || !strings.HasPrefix(fault.What, c.want) || fault.InKey != c.inKey || fault.Fix == "" {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		} else if strings.Contains(err.Error(), fine.Key[40:60]) {
			t.Errorf("%s: the key is repeated: %v", name, err)
		}
	}
}

// What others have against a certificate is told, the worst first, and nothing of one that is good.
func TestJudge(t *testing.T) {
	ca := certificatetest.NewAuthority(t)
	judge := func(c certificate.Content, host string) string {
		pair, err := certificate.Files{}.Pair(c)
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, r := range certificate.Judge(pair.Leaf, host, now) {
			said += map[bool]string{false: "soon: ", true: "bad: "}[r.Bad] + r.String() + "\n"
		}
		return said
	}
	sign := func(from, to time.Time, names ...string) certificate.Content { return ca.Sign(t, from, to, names...) }
	for _, c := range []struct {
		certificate.Content
		host, want string
	}{
		{sign(now, now.Add(15*days), "desks.example.com"), "desks.example.com", ""},
		{sign(now, now.Add(15*days), "desks.example.com"), "", ""},
		{sign(now, now.Add(15*days), "*.example.com", "10.0.0.1", "fd00::1"), "desks.example.com", ""},
		{sign(now, now.Add(15*days), "*.example.com", "10.0.0.1", "fd00::1"), "10.0.0.1", ""},
		{sign(now, now.Add(15*days), "*.example.com", "10.0.0.1", "fd00::1"), "fd00::1", ""},
		{sign(now, now.Add(14*days-time.Second), "desks.example.com"), "", "soon: the certificate ends at 07:59 on 2026-03-16, UTC: renew it"},
		{sign(now.Add(-9*days), now.Add(-time.Second), "desks.example.com"), "", "bad: the certificate ended at 07:59 on 2026-03-02, UTC"},
		{sign(now.Add(time.Minute), now.Add(90*days), "desks.example.com"), "", "bad: the certificate is not valid before 08:01 on 2026-03-02, UTC"},
		{sign(now, now.Add(15*days), "a.example.com", "10.0.0.1"), "desks.example.com", "bad: the certificate is for a.example.com, 10.0.0.1, not for desks.example.com"},
		{sign(now, now.Add(15*days)), "desks.example.com", "bad: the certificate is for no name (it has no Subject Alternative Name), not for"},
		{sign(now, now.Add(days), "a.example.com"), "desks.example.com", "bad: the certificate is for a.example.com"},
	} {
		if got := judge(c.Content, c.host); !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("for %s: got %q, want %q", c.host, got, c.want)
		}
	}
	if got := judge(sign(now, now.Add(days), "a.example.com"), "desks.example.com"); strings.Count(got, "\n") != 2 {
		t.Errorf("not both: %q", got)
	}
}
