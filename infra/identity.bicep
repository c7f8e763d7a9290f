metadata description = 'The identity that the app and its host act as, everywhere.'

@description('Name of the identity.')
param name string

@description('Where it is created.')
param location string

@description('Tags of each resource.')
param tags object

// Assigned by the user, so that its roles are there before the app first starts, and stay when the app is created anew.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Its resource id.')
output id string = identity.id

@description('What roles are assigned to.')
output principalId string = identity.properties.principalId

@description('What tokens are asked for with.')
output clientId string = identity.properties.clientId
