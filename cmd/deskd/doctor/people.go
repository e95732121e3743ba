package doctor

import (
	"deskd/scheduler/phones"
	"deskd/web/view"
)

// alike tells of people whose ids answers of the phone system do not tell apart.
func (d *doctor) alike() {
	for _, group := range phones.Alike(d.people) {
		d.odd("person "+group[0], "give one of them another user id in the directory", "%s", view.Alike(group, group[0]))
	}
}
