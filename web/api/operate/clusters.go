package operate

import (
	"context"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/web/api/rest"
)

// Pausing is why clusters are paused.
type Pausing struct {
	Why string `json:"why,omitempty" maxLength:"500" doc:"For the page, the log and the audit."`
}

// Paused is whether a cluster is paused.
type Paused struct {
	Cluster string    `json:"cluster"`
	Paused  bool      `json:"paused"`
	Since   time.Time `json:"since,omitzero"`
	By      string    `json:"by,omitempty" doc:"As in the audit. Who paused it first stays."`
	Why     string    `json:"why,omitempty"`
	Changed bool      `json:"changed" doc:"It was not so before."`
	DryRun  bool      `json:"dry_run"`
}

// AllPaused is whether each cluster is paused.
type AllPaused struct {
	Clusters []Paused `json:"clusters" nullable:"false"`
}

// pausing is a request that clusters be paused.
type pausing struct {
	rest.Trial
	Body *Pausing
}

func (p pausing) why() (string, error) {
	if p.Body == nil {
		return "", nil
	}
	if err := reservations.CheckNote(p.Body.Why); err != nil {
		return "", rest.Invalid("why: " + err.Error())
	}
	return p.Body.Why, nil
}

func (o operations) pause(ctx context.Context, in *struct {
	Named
	rest.Trial
	Body *Pausing
},
) (*rest.Got[Paused], error) {
	if err := in.known(o.ClusterNames, "cluster"); err != nil {
		return nil, err
	}
	why, err := pausing{in.Trial, in.Body}.why()
	if err != nil {
		return nil, err
	}
	all, err := o.stop(ctx, []string{in.Name}, why, in.DryRun)
	return first(all), err
}

func (o operations) resume(ctx context.Context, in *struct {
	Named
	rest.Trial
},
) (*rest.Got[Paused], error) {
	if err := in.known(o.ClusterNames, "cluster"); err != nil {
		return nil, err
	}
	all, err := o.release(ctx, []string{in.Name}, in.DryRun)
	return first(all), err
}

// first is the only one of all, none after an error.
func first(all []Paused) *rest.Got[Paused] {
	if len(all) == 0 {
		return nil
	}
	return rest.Answer(all[0])
}

func (o operations) freeze(ctx context.Context, in *pausing) (*rest.Got[AllPaused], error) {
	why, err := in.why()
	if err != nil {
		return nil, err
	}
	all, err := o.stop(ctx, o.ClusterNames, why, in.DryRun)
	return rest.Answer(AllPaused{all}), err
}

func (o operations) thaw(ctx context.Context, in *rest.Trial) (*rest.Got[AllPaused], error) {
	all, err := o.release(ctx, o.ClusterNames, in.DryRun)
	return rest.Answer(AllPaused{all}), err
}

// stop pauses clusters, and says how each of them stands.
func (o operations) stop(ctx context.Context, clusters []string, why string, dryRun bool) ([]Paused, error) {
	var changed []string
	if !dryRun {
		var err error
		if changed, err = o.Clusters.PauseClusters(ctx, clusters, why, o.Now()); err != nil {
			return nil, err
		}
		o.Changed(ctx)
	}
	return o.standing(ctx, clusters, func(p Paused) bool { return dryRun && !p.Paused || slices.Contains(changed, p.Cluster) }, dryRun)
}

// release resumes clusters, and says how each of them stands.
func (o operations) release(ctx context.Context, clusters []string, dryRun bool) ([]Paused, error) {
	var changed []string
	if !dryRun {
		var err error
		if changed, err = o.Clusters.ResumeClusters(ctx, clusters); err != nil {
			return nil, err
		}
		o.Changed(ctx)
	}
	return o.standing(ctx, clusters, func(p Paused) bool { return dryRun && p.Paused || slices.Contains(changed, p.Cluster) }, dryRun)
}

// standing is how clusters stand; changed says of which it was, or would be, changed.
func (o operations) standing(ctx context.Context, clusters []string, changed func(Paused) bool, dryRun bool) ([]Paused, error) {
	all := make([]Paused, 0, len(clusters))
	for _, name := range clusters {
		p, err := o.Clusters.Pause(ctx, name)
		if err != nil {
			return nil, err
		}
		one := Paused{Cluster: name, Paused: p.On(), Since: p.Since, By: p.By, Why: reservations.Legible(p.Why), DryRun: dryRun}
		one.Changed = changed(one)
		all = append(all, one)
	}
	return all, nil
}
