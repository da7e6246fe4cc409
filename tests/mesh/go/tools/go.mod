// What the tests in tests/mesh need besides the mesh: certificates, a server
// that says which pod it is, and load.
module istiops.test/tools

go 1.26.0
