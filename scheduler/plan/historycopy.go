package plan

import (
	"maps"
	"slices"
)

// Clone is a copy of m that stays as it is while m goes on.
func (m History) Clone() History {
	m.served, m.ended, m.tried = maps.Clone(m.served), maps.Clone(m.ended), maps.Clone(m.tried)
	m.givenUp, m.tries = maps.Clone(m.givenUp), maps.Clone(m.tries)
	m.held, m.hung, m.cut = maps.Clone(m.held), maps.Clone(m.hung), slices.Clone(m.cut)
	m.news = newNews()
	return m
}
