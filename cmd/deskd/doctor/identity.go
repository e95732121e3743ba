package doctor

import "deskd/configs/certificate"

// identity says how the certificate stands that is shown to those who come by TLS. One that cannot be
// used is a mistake of the configuration, and said there.
func (d *doctor) identity() {
	if d.Config.TLS.Listen == "" {
		return
	}
	const what = "certificate"
	files := d.Config.TLS.Files()
	content, err := files.Read()
	if err != nil {
		return
	}
	pair, err := files.Pair(content)
	if err != nil {
		return
	}
	remarks := certificate.Judge(pair.Leaf, d.Config.SecureHost(), d.Clock.Now())
	for _, r := range remarks {
		if r.Bad {
			d.wrong(what, r.Fix, "%s: %s", files.Cert, r.What)
		} else {
			d.odd(what, r.Fix, "%s: %s", files.Cert, r.What)
		}
	}
	if len(remarks) == 0 {
		d.ok(what, "%s is for %s, until %s", files.Cert, certificate.Names(pair.Leaf), pair.Leaf.NotAfter.UTC().Format("2006-01-02"))
	}
}
