package phones

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"gorm.io/gorm"

	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// Keeper keeps the phones of a database.
type Keeper struct {
	db  dialect.Transactions
	log audit.Log
}

// New is the keeper of a database, whose changes of address are recorded in log.
func New(db dialect.Transactions, log audit.Log) Keeper { return Keeper{db, log} }

type row struct {
	Cluster      string `gorm:"primaryKey"`
	Device       string `gorm:"primaryKey"`
	Address      string
	Model        string
	Source       string
	SeenAt       dialect.Lenient
	Registered   *bool
	RegisteredAt dialect.Lenient
	Em           *bool
	Profile      *string
	WebAccess    *bool
	ToldAt       dialect.Lenient
	Detail       string
	IdleSince    dialect.Lenient
	IdleAt       dialect.Lenient
}

func (row) TableName() string { return "phones" }

func rowOf(p Phone) row {
	r := row{
		Cluster: p.Cluster, Device: p.Device, Model: p.Model, Source: string(p.Source), SeenAt: dialect.Lenient{Time: p.Seen},
		Registered: p.Registered, RegisteredAt: dialect.Lenient{Time: p.RegisteredAt},
		Em: p.EM, Profile: p.Profile, WebAccess: p.WebAccess, ToldAt: dialect.Lenient{Time: p.ToldAt}, Detail: p.Detail,
		IdleSince: dialect.Lenient{Time: p.Idle}, IdleAt: dialect.Lenient{Time: p.IdleAt},
	}
	if p.Address.IsValid() {
		r.Address = p.Address.String()
	}
	return r
}

// decode is the phone that r stands for. An address that another program has spoilt is none.
func (r row) decode() Phone {
	p := Phone{
		Cluster: r.Cluster, Device: r.Device, Model: r.Model, Source: Source(r.Source), Seen: r.SeenAt.Time,
		Registered: r.Registered, RegisteredAt: r.RegisteredAt.Time,
		EM: r.Em, Profile: r.Profile, WebAccess: r.WebAccess, ToldAt: r.ToldAt.Time, Detail: r.Detail,
		Idle: r.IdleSince.Time, IdleAt: r.IdleAt.Time,
	}
	if r.Address == "" {
		return p
	}
	a, err := netip.ParseAddr(r.Address)
	if err == nil {
		a, err = Plain(a)
	}
	if err != nil || a.String() != r.Address {
		p.Detail = fmt.Sprintf("its row in the database cannot be read: address is %q", r.Address)
		return p
	}
	p.Address = a
	return p
}

// Of returns what is known of a device of a cluster, and whether anything is.
func (k Keeper) Of(ctx context.Context, cluster, device string) (p Phone, known bool, err error) {
	return one(k.db.Read(ctx).Where("cluster = ? AND device = ?", cluster, device))
}

// At returns the phone whose address that is, and whether there is one.
func (k Keeper) At(ctx context.Context, a netip.Addr) (p Phone, known bool, err error) {
	plain, err := Plain(a)
	if err != nil {
		return Phone{}, false, nil //nolint:nilerr // no phone is there
	}
	// The index has no rows without an address, and SQLite has to be told that none is asked for.
	return one(k.db.Read(ctx).Where("address = ? AND address <> ''", plain.String()))
}

func one(q *gorm.DB) (p Phone, known bool, err error) {
	var r row
	if err := q.Take(&r).Error; errors.Is(err, gorm.ErrRecordNotFound) {
		return Phone{}, false, nil
	} else if err != nil {
		return Phone{}, false, fmt.Errorf("read where a phone is: %w", err)
	}
	return r.decode(), true, nil
}

// ByDevice returns what is known of a device, by cluster: two clusters may know it.
func (k Keeper) ByDevice(ctx context.Context, device string) ([]Phone, error) {
	return many(k.db.Read(ctx).Where("device = ?", device))
}

// All returns the phones of a cluster, by device; of all clusters if it is empty.
func (k Keeper) All(ctx context.Context, cluster string) ([]Phone, error) {
	q := k.db.Read(ctx)
	if cluster != "" {
		q = q.Where("cluster = ?", cluster)
	}
	return many(q)
}

func many(q *gorm.DB) ([]Phone, error) {
	var rows []row
	if err := q.Order("cluster, device").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read where phones are: %w", err)
	}
	all := make([]Phone, len(rows))
	for i, r := range rows {
		all[i] = r.decode()
	}
	return all, nil
}

// Prune forgets the phones that are of no desk any more, and of which nothing was told since
// before. It returns how many there were.
func (k Keeper) Prune(ctx context.Context, before time.Time) (pruned int, err error) {
	err = k.log.Change(ctx, "phones", func(tx *gorm.DB) error {
		done := tx.Where("device NOT IN (SELECT device FROM desks) AND seen_at < @at AND registered_at < @at AND told_at < @at",
			map[string]any{"at": dialect.Milli{Time: before}}).Delete(&row{})
		pruned = int(done.RowsAffected)
		return done.Error
	})
	if err != nil {
		return 0, fmt.Errorf("prune phones: %w", err)
	}
	return pruned, nil
}

// batch is how many news are taken in one transaction: others write in between.
const batch = 500

// Save takes in news, as far as nothing newer is known. An instant after now counts as now, in
// news and in what is known: a clock that was wrong once must not keep the truth out. The
// errors beside those of the database are those of [Plain].
func (k Keeper) Save(ctx context.Context, news []News, now time.Time) (Saved, error) {
	all, err := arrange(news, now)
	if err != nil {
		return Saved{}, err
	}
	saved := Saved{Contested: all.contested()}
	for first := 0; first < len(all.news); first += batch {
		if first > 0 {
			if err := dialect.Pause(ctx, dialect.Breath); err != nil {
				return saved, fmt.Errorf("save where phones are: %w", err)
			}
		}
		part := saving{arranged: all, now: now.UTC().Truncate(time.Millisecond), saved: saved}
		err := k.log.Change(ctx, "phones", func(tx *gorm.DB) error {
			part.tx, part.saved = tx, saved // also when it is done again
			return part.save(all.news[first:min(first+batch, len(all.news))])
		})
		if err != nil {
			return saved, fmt.Errorf("save where phones are: %w", err)
		}
		saved = part.saved
	}
	slices.SortFunc(saved.Contested, netip.Addr.Compare)
	saved.Contested = slices.Compact(saved.Contested)
	return saved, nil
}

// known reads the phones that news are about, in one question a cluster.
func known(tx *gorm.DB, news []News) (map[key]Phone, error) {
	devices := make(map[string][]string)
	for _, n := range news {
		devices[n.Cluster] = append(devices[n.Cluster], n.Device)
	}
	all := make(map[key]Phone, len(news))
	for cluster, names := range devices {
		phones, err := many(tx.Where("cluster = ? AND device IN ?", cluster, names))
		if err != nil {
			return nil, err
		}
		for _, p := range phones {
			all[key{p.Cluster, p.Device}] = p
		}
	}
	return all, nil
}

// write writes a phone as it is now.
func write(tx *gorm.DB, p Phone) error {
	r := rowOf(p)
	return tables.Replace(tx, &r)
}
