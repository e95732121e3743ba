package emapi

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// NewTransport returns a transport fit for an EM service, with connections
// secured by secure (see [TLSConfig]); nil means the system's root
// certificates and TLS 1.2 or newer.
//
// It takes no proxy from the environment, since each message holds a password,
// speaks HTTP/1.1, and drops idle connections well before the service's web
// server does (20 s by default): a request sent into a closing connection has
// an unknown outcome.
func NewTransport(secure *tls.Config) *http.Transport {
	if secure == nil {
		secure = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	dialer := net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        secure,
		TLSHandshakeTimeout:    5 * time.Second,
		IdleConnTimeout:        5 * time.Second,
		MaxIdleConnsPerHost:    8,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
}
