package daemon

import (
	"crypto/tls"
	"deskd/scheduler/guard"
	"fmt"
	"net/http"
	"os"

	"deskd/configs"
	"deskd/emapi"
	"deskd/scheduler/phones"
)

// Access is the way to a cluster's phones. Its password and certificates are
// read again while the cluster refuses deskd.
func (a *Parts) Access(c configs.Cluster) (*phones.Access, error) {
	return phones.NewAccess(func() (phones.System, []string, error) {
		keys, err := CredentialsOf(c)
		if err != nil {
			return nil, nil, err
		}
		client, err := keys.Client(a.Transport)
		return phones.EM{Client: client, Duration: Duration(a.Config, c)}, keys.all(), err
	})
}

// Credentials are what a cluster is opened with, read from where the configuration
// says they are.
type Credentials struct {
	configs.Cluster
	password string
	ca       string // PEM, empty where the machine's authorities decide
}

// CredentialsOf reads what c is opened with. A password or certificate that cannot be
// read is a [ConfigError].
func CredentialsOf(c configs.Cluster) (Credentials, error) {
	password, err := c.Password()
	if err != nil {
		return Credentials{}, ConfigError{err}
	}
	k := Credentials{Cluster: c, password: password}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return Credentials{}, ConfigError{fmt.Errorf("cluster %q: %w", c.Name, err)}
		}
		k.ca = string(pem)
	}
	return k, nil
}

// all lists everything the phone system may refuse, and every change of which
// is worth a new question.
func (k Credentials) all() []string {
	all := append([]string{k.URL, k.AppID, k.password, k.ca}, k.PinSHA256...)
	return append(append(all, ""), k.FailoverURLs...)
}

// Were reports whether these are the keys that were refused in s.
func (k Credentials) Were(s guard.ClusterState) (bool, error) {
	a, err := phones.NewAccess(func() (phones.System, []string, error) { return nil, k.all(), nil })
	if err != nil {
		return false, err
	}
	return a.Presents(s.Salt, s.Fingerprint)
}

// Client connects to the cluster's EM service by transport, which is made with
// the security that the configuration asks for.
func (k Credentials) Client(transport func(*tls.Config) http.RoundTripper) (*emapi.Client, error) {
	secure, err := emapi.TLSConfig(k.CAFile, k.PinSHA256)
	if err != nil {
		return nil, ConfigError{fmt.Errorf("cluster %q: %w", k.Name, err)}
	}
	client, err := emapi.New(emapi.Config{
		URL: k.URL, Nodes: k.FailoverURLs, AppID: k.AppID, Password: emapi.NewSecret(k.password), HTTP: transport(secure),
		DeviceName: k.DevicePattern(), EncodeIDs: k.EncodeIDs,
	})
	if err != nil {
		return nil, ConfigError{fmt.Errorf("cluster %q: %w", k.Name, err)}
	}
	return client, nil
}

// Addresses are those of the cluster's nodes, the first one first.
func (k Credentials) Addresses() []string { return append([]string{k.URL}, k.FailoverURLs...) }

// Only are the credentials of a cluster with one of its nodes alone.
func (k Credentials) Only(address string) Credentials {
	k.URL, k.FailoverURLs = address, nil
	return k
}
