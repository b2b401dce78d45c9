module featurestore/samples/go

go 1.19
