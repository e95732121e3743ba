package configs

// CheckReload reports, as a [Mistakes], what differs between c and the
// configuration that is in force and cannot be changed while deskd runs: the
// database, which is locked and open, and the addresses of the pages.
func (c Config) CheckReload(inForce Config) error {
	const hint = "restart deskd for this change"
	f := &findings{source: c.source.clone()}
	fixed := func(key, is, was string) {
		if is != was {
			f.add(key, complaint{"cannot be changed while deskd runs", hint})
		}
	}
	fixed("database.driver", c.Database.Driver, inForce.Database.Driver)
	fixed("database.dsn", c.Database.DSN, inForce.Database.DSN)
	fixed("database.anchors", c.Database.Anchors, inForce.Database.Anchors)
	fixed("database.driving_dsn", c.Database.DrivingDSN, inForce.Database.DrivingDSN)
	fixed("database.node", c.Database.Node, inForce.Database.Node)
	fixed("listen", c.Listen, inForce.Listen)
	fixed("tls.listen", c.TLS.Listen, inForce.TLS.Listen)
	return inOrder(f.list)
}
