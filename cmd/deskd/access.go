package main

import (
	"crypto/tls"
	"net/http"
	"os"

	"deskd/configs"
	"deskd/emapi"
	"deskd/scheduler"
)

// access is the way to a cluster's phones. Its password and certificates are
// read anew while the cluster refuses deskd.
func (a *parts) access(c configs.Cluster) (*scheduler.Access, error) {
	return scheduler.NewAccess(func() (scheduler.Phones, []string, error) {
		keys, err := keysOf(c)
		if err != nil {
			return nil, nil, err
		}
		client, err := keys.client(a.transport)
		return scheduler.EM{Client: client, Duration: duration(a.config, c)}, keys.all(), err
	})
}

// keys are what a cluster is opened with, read from where the configuration
// says they are.
type keys struct {
	configs.Cluster
	password string
	ca       string // PEM, empty where the machine's authorities decide
}

func keysOf(c configs.Cluster) (keys, error) {
	password, err := c.Password()
	if err != nil {
		return keys{}, usageError{err}
	}
	k := keys{Cluster: c, password: password}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return keys{}, usage("cluster %q: %w", c.Name, err)
		}
		k.ca = string(pem)
	}
	return k, nil
}

// all lists everything the phone system may refuse, and every change of which
// is worth a new question.
func (k keys) all() []string {
	all := append([]string{k.URL, k.AppID, k.password, k.ca}, k.PinSHA256...)
	return append(append(all, ""), k.FailoverURLs...)
}

// were reports whether these are the keys that were refused in s.
func (k keys) were(s scheduler.Standing) (bool, error) {
	a, err := scheduler.NewAccess(func() (scheduler.Phones, []string, error) { return nil, k.all(), nil })
	if err != nil {
		return false, err
	}
	return a.Presents(s)
}

// client connects to the cluster's EM service by transport, which is made with
// the security that the configuration asks for.
func (k keys) client(transport func(*tls.Config) http.RoundTripper) (*emapi.Client, error) {
	secure, err := emapi.TLSConfig(k.CAFile, k.PinSHA256)
	if err != nil {
		return nil, usage("cluster %q: %w", k.Name, err)
	}
	client, err := emapi.New(emapi.Config{
		URL: k.URL, Nodes: k.FailoverURLs, AppID: k.AppID, Password: emapi.NewSecret(k.password), HTTP: transport(secure),
		DeviceName: k.DevicePattern(), EncodeIDs: k.EncodeIDs,
	})
	if err != nil {
		return nil, usage("cluster %q: %w", k.Name, err)
	}
	return client, nil
}
