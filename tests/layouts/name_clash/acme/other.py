from flytekit import ContainerTask

tide = ContainerTask(name="acme.tide", image="alpine:3.20", command=["echo", "2"])
