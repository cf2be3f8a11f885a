"""AWS as the sandbox has it: moto's shapes, with ECS rolling services out over time."""
