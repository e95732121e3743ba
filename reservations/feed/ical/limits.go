package ical

// The limits of what is read. They apply before any parsing, so that no calendar
// decides how much memory or time it takes.
const (
	MaxSize       = 256 << 20 // bytes of a calendar
	maxLine       = 64 << 10  // unfolded
	maxDepth      = 8
	maxParams     = 64
	maxParam      = 4 << 10
	maxComponents = 500_000
	maxZones      = 2_000 // that the calendar defines
	maxZoneLines  = 2_000 // of one of them
)
