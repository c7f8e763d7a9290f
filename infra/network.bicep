metadata description = 'The network that alone reaches storage and vault, when the deployment is private.'

@description('Name of the network.')
param name string

@description('Where it is created.')
param location string

@description('Tags of each resource.')
param tags object

@description('Addresses of the network, /26 or more of them: half is for the app\'s instances, a quarter for private endpoints.')
param addressPrefix string

@description('Resource id of the storage account.')
param storageId string

@description('Resource id of the key vault.')
param vaultId string

var storageSuffix = environment().suffixes.storage

// What is reached through the network, under which name, and the zone that resolves this name inside it.
var services = [
  { name: 'blob', target: storageId, zone: 'privatelink.blob.${storageSuffix}' }
  { name: 'queue', target: storageId, zone: 'privatelink.queue.${storageSuffix}' }
  { name: 'table', target: storageId, zone: 'privatelink.table.${storageSuffix}' }
  { name: 'vault', target: vaultId, zone: 'privatelink.vaultcore.azure.net' }
]

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, parseCidr(addressPrefix).cidr + 1, 0)
          // The image API and the endpoints of webhooks are on the internet.
          defaultOutboundAccess: true
          delegations: [
            {
              name: 'app'
              // What Flex Consumption asks for; the provider Microsoft.App must be registered in the subscription.
              properties: { serviceName: 'Microsoft.App/environments' }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, parseCidr(addressPrefix).cidr + 2, 2)
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }

  resource app 'subnets' existing = { name: 'app' }
  resource endpoints 'subnets' existing = { name: 'endpoints' }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for service in services: {
    name: service.zone
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (service, i) in services: {
    parent: zone[i]
    name: name
    location: 'global'
    properties: {
      virtualNetwork: { id: network.id }
      registrationEnabled: false
    }
  }
]

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for service in services: {
    name: '${name}-${service.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: network::endpoints.id }
      privateLinkServiceConnections: [
        {
          name: service.name
          properties: { privateLinkServiceId: service.target, groupIds: [service.name] }
        }
      ]
    }
  }
]

resource record 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (service, i) in services: {
    parent: endpoint[i]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: service.name, properties: { privateDnsZoneId: zone[i].id } }]
    }
    dependsOn: [link[i]]
  }
]

@description('The subnet that the app calls out from.')
output subnetId string = network::app.id
