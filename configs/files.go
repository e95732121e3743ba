package configs

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
)

// CheckFiles reports, as a [Mistakes], what keeps a daemon from running by the
// configuration on this machine: files and variables of passwords and tokens, and
// files of certificate authorities, that are not there or not usable; and that it
// has no site or no cluster, as an empty file. It reads files and changes nothing.
func (c Config) CheckFiles() error {
	f := &findings{source: c.source.clone()}
	if c.source.file != "" && len(c.source.blamed) == 0 { // else what could not be read may have named some
		f.something("sites", len(c.Sites))
		f.something("clusters", len(c.Clusters))
	}
	for i, cluster := range c.Clusters {
		key := fmt.Sprintf("clusters[%d]", i)
		if s := cluster.secret(); s.set() {
			_, err := s.read()
			f.add(key+"."+s.key(), s.complain(err))
		}
		if cluster.CAFile != "" {
			f.add(key+".ca_file", checkCA(cluster.CAFile, "the phone system"))
		}
		f.inventoryFiles(key, cluster)
	}
	f.tlsFiles(c.TLS)
	f.pushFiles(c.Phones.Push)
	for i, feed := range c.Feeds {
		if s := feed.secret(); s.set() {
			_, err := s.read()
			f.add(fmt.Sprintf("feeds[%d].%s", i, s.key()), s.complain(err))
		}
		if feed.CAFile != "" {
			f.add(fmt.Sprintf("feeds[%d].ca_file", i), checkCA(feed.CAFile, "the calendar's server"))
		}
	}
	return inOrder(f.list)
}

// Files are the file of the configuration and those that it names for passwords, tokens,
// certificates and their authorities: a person who can write one of them decides whom deskd
// trusts.
func (c Config) Files() []string {
	var files []string
	add := func(names ...string) {
		for _, name := range names {
			if name != "" {
				files = append(files, name)
			}
		}
	}
	add(c.source.file, c.TLS.CertFile, c.TLS.KeyFile, c.Phones.Push.PasswordFile)
	for _, cluster := range c.Clusters {
		add(cluster.secret().file, cluster.CAFile)
		for _, s := range []RISService{cluster.Inventory.RIS, cluster.Inventory.AXL.service()} {
			add(s.PasswordFile, s.CAFile)
		}
	}
	for _, feed := range c.Feeds {
		add(feed.secret().file, feed.CAFile)
	}
	return files
}

func checkCA(path, of string) complaint {
	hint := "expected a PEM file with the certificate, or the authority, of " + of
	data, err := os.ReadFile(path)
	if err != nil {
		return complaint{err.Error(), hint}
	}
	if !x509.NewCertPool().AppendCertsFromPEM(data) {
		return complaint{fmt.Sprintf("%s holds no certificate", path), hint}
	}
	return complaint{}
}

// Notes returns what works but should not stay: files of passwords, tokens and keys
// that every user of this machine can read. A group may: it is how a daemon
// without rights is given its password, and how systemd's credentials look.
func (c Config) Notes() []string {
	var notes []string
	open := func(whose string, s secret) {
		stat, err := os.Stat(s.file)
		if s.file != "" && err == nil && stat.Mode().Perm()&0o006 != 0 {
			notes = append(notes, fmt.Sprintf("the %s of %s is open to everybody on this machine: chmod o= %s", s.what, whose, s.file))
		}
	}
	open("tls", secret{what: "key", file: c.TLS.KeyFile})
	for _, cluster := range c.Clusters {
		open(fmt.Sprintf("cluster %q", cluster.Name), cluster.secret())
	}
	for _, feed := range c.Feeds {
		open(fmt.Sprintf("feed %q", feed.Name), feed.secret())
	}
	return append(append(notes, c.wide()...), c.unreached()...)
}

// unreached says that phones cannot reach deskd by an address that they are given.
func (c Config) unreached() []string {
	var notes []string
	for _, address := range []struct{ key, url string }{{"base_url", c.Phones.BaseURL}, {"plain_url", c.Phones.PlainURL}} {
		key, listen, port := "listen", c.Listen, "80"
		u, err := url.Parse(address.url)
		if err == nil && u.Scheme == "https" {
			key, listen, port = "tls.listen", c.TLS.Listen, "443"
		}
		host, _, wrong := net.SplitHostPort(listen)
		if err != nil || wrong != nil || u.Hostname() == "" || isLoopback(u.Hostname()) || !isLoopback(host) {
			continue
		}
		notes = append(notes, fmt.Sprintf("phones.%s sends phones to %s, and deskd listens on %s, which other machines do not reach: "+
			`write %s: ":%s", and pages: token (or proxy, if one signs people in), which says who may read the pages then`, address.key, u.Host, listen, key, cmp.Or(u.Port(), port)))
	}
	return notes
}

// wide says where the configuration lets in more than its owner may expect.
func (c Config) wide() []string {
	var notes []string
	for _, feed := range c.Feeds {
		for _, network := range feed.AllowNetworks {
			if isWide(network) {
				notes = append(notes, fmt.Sprintf("feed %q may connect to nearly every address, those inside your network among them: write the network of its server for %s under allow_networks", feed.Name, network))
			}
		}
	}
	return notes
}

// isWide reports whether a network is nearly everything.
func isWide(network string) bool {
	prefix, err := netip.ParsePrefix(network)
	bits := prefix.Bits()
	if prefix.Addr().Is4In6() {
		bits -= 96
	}
	return err == nil && bits < 8
}
