//go:build tools

// Package influxd names the server that the tests start, so that go.mod and go.sum pin all that it is built from.
package influxd

import (
	_ "github.com/influxdata/influxdb/v2/cmd/influxd"
	_ "github.com/influxdata/pkg-config"
)
