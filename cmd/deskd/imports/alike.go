package imports

import (
	"context"
	"fmt"
	"strings"

	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/store"
	"deskd/web/view"
)

// noteAlike tells of the lines whose user id an answer of the phone system can
// take for another one, of the file or of the database. They are imported.
func (i *Importer) noteAlike(ctx context.Context, rows []store.Row[reservations.Person]) error {
	people, err := i.Store.People(ctx)
	if err != nil {
		return err
	}
	line := make(map[string]int, len(rows))
	for _, r := range rows {
		line[r.Is.ID] = r.Line
		if i.DryRun {
			people = append(people, r.Is)
		}
	}
	for _, group := range phones.Alike(people) {
		for _, id := range group {
			if at := line[id]; at > 0 {
				i.notes = append(i.notes, complaint{at, fmt.Errorf("user id %q is %s", id, view.Alike(group, id))})
			}
		}
	}
	return nil
}

// others names the rest of a group, quoted.
func others(group []string, besides string) string {
	var rest []string
	for _, id := range group {
		if id != besides {
			rest = append(rest, fmt.Sprintf("%q", id))
		}
	}
	return strings.Join(rest, ", ")
}
