package records

import (
	"context"

	"deskd/web/api/rest"
	"deskd/web/view"
)

// Nothing is the error of a list of a place that there is not. One that has found something, or
// that is of a place where nothing is, has none.
func Nothing(ctx context.Context, m *view.Model, p view.Place, found int) error {
	if found > 0 {
		return nil
	}
	wrong, err := m.Nowhere(ctx, p)
	if err == nil && wrong != "" {
		return rest.Invalid(wrong)
	}
	return err
}
